package org.lfm4j.cuda.driver;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Collections;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * One file of CUDA C++ and all that it includes. Kernels include no headers of CUDA, because
 * machines that only run CUDA have none.
 *
 * @param name file name, for messages
 * @param text the file
 * @param headers the headers that it includes, by name, those that they include among them
 * @param defines macros, by name; values may be empty
 */
public record KernelSource(
    String name,
    String text,
    SortedMap<String, String> headers,
    SortedMap<String, String> defines) {
  private static final Pattern INCLUDE =
      Pattern.compile("^\\s*#\\s*include\\s*[\"<]([^\">]+)[\">]", Pattern.MULTILINE);

  /** Copies the maps. */
  public KernelSource {
    headers = Collections.unmodifiableSortedMap(new TreeMap<>(headers));
    defines = Collections.unmodifiableSortedMap(new TreeMap<>(defines));
  }

  /**
   * Reads a file and its headers from the resources beside a class.
   *
   * @param anchor a class of the package that holds the resources
   * @param file for example {@code conv.cu}
   * @throws IllegalArgumentException if it, or a header, isn't there
   */
  public static KernelSource resource(Class<?> anchor, String file) {
    String text = read(anchor, file);
    SortedMap<String, String> headers = new TreeMap<>();
    collect(anchor, text, headers);
    return new KernelSource(file, text, headers, new TreeMap<>());
  }

  /** Makes a source without headers. */
  public static KernelSource of(String name, String text) {
    return new KernelSource(name, text, new TreeMap<>(), new TreeMap<>());
  }

  /** Returns the same source with one header more. */
  KernelSource header(String header, String content) {
    SortedMap<String, String> more = new TreeMap<>(headers);
    more.put(header, content);
    return new KernelSource(name, text, more, defines);
  }

  /** Returns the same source with one macro more. */
  public KernelSource define(String macro, String value) {
    SortedMap<String, String> more = new TreeMap<>(defines);
    more.put(macro, value);
    return new KernelSource(name, text, headers, more);
  }

  /** Returns the same source with one macro more. */
  public KernelSource define(String macro, int value) {
    return define(macro, Integer.toString(value));
  }

  private static void collect(Class<?> anchor, String text, Map<String, String> headers) {
    Matcher include = INCLUDE.matcher(text);
    while (include.find()) {
      String header = include.group(1);
      if (!headers.containsKey(header)) {
        headers.put(header, read(anchor, header));
        collect(anchor, headers.get(header), headers);
      }
    }
  }

  private static String read(Class<?> anchor, String file) {
    try (InputStream in = anchor.getResourceAsStream(file)) {
      if (in == null) {
        throw new IllegalArgumentException(
            "there is no kernel file %s beside %s".formatted(file, anchor.getName()));
      }
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
