package org.lfm4j.text;

import java.nio.file.Path;
import java.time.Clock;
import java.time.LocalDateTime;
import java.time.ZoneId;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.lfm4j.text.jinja.Marks;
import org.lfm4j.text.jinja.None;
import org.lfm4j.text.jinja.Template;
import org.lfm4j.text.jinja.TemplateException;

/**
 * Renders conversations as the model was trained to see them, from a Jinja template with the
 * variables that Hugging Face's {@code apply_chat_template} sets. Thread-safe.
 */
public final class ChatTemplate {
  private static final Set<String> RESERVED =
      Set.of("messages", "tools", "documents", "add_generation_prompt");

  private final String source;
  private final List<String> control;
  private final Template template;
  private final boolean mentionsToolCalls;
  private final ToolCallHistory toolCallHistory;
  private final Map<String, Object> tokenVariables;
  private final Clock clock;

  ChatTemplate(String source, Tokenizer tokenizer, Map<String, String> namedTokens, Clock clock) {
    this(
        source,
        tokenizer.controlTokens().map(AddedToken::content).toList(),
        new LinkedHashMap<>(),
        clock);
    namedTokens.forEach((name, token) -> tokenVariables.put(name, Marks.sign(token, control)));
  }

  private ChatTemplate(
      String source, List<String> control, Map<String, Object> tokenVariables, Clock clock) {
    this.source = source;
    this.control = control;
    try {
      this.template = Template.parse(source, control);
    } catch (TemplateException e) {
      throw new TextException("chat template, " + e.getMessage(), e);
    }
    this.mentionsToolCalls = source.contains("tool_calls");
    this.toolCallHistory = new ToolCallHistory(control);
    this.tokenVariables = tokenVariables;
    this.clock = clock;
  }

  /**
   * Loads {@code chat_template.jinja}, or else {@code chat_template} of tokenizer_config.json.
   *
   * @throws TextException if there is none or it has a syntax error
   */
  public static ChatTemplate load(Path modelDirectory, Tokenizer tokenizer) {
    ChatTemplateFiles files = ChatTemplateFiles.read(modelDirectory, tokenizer);
    return parse(files.template(), tokenizer, files.namedTokens());
  }

  /**
   * Makes a template from its text.
   *
   * @param namedTokens token texts by variable, such as {@code bos_token}
   * @throws TextException if it has a syntax error
   */
  public static ChatTemplate parse(
      String source, Tokenizer tokenizer, Map<String, String> namedTokens) {
    return new ChatTemplate(source, tokenizer, namedTokens, Clock.system(ZoneId.systemDefault()));
  }

  /** Returns the template's text. */
  public String source() {
    return source;
  }

  /**
   * Returns another template for the same tokenizer.
   *
   * @throws TextException if it has a syntax error
   */
  public ChatTemplate withSource(String source) {
    return new ChatTemplate(source, control, tokenVariables, clock);
  }

  /**
   * Returns whether the template itself renders {@code tool_calls} of earlier turns. Where it does
   * not, {@link #render} puts them in front of the turn's content as LFM2 writes them, so that the
   * history is not lost.
   */
  public boolean mentionsToolCalls() {
    return mentionsToolCalls;
  }

  /**
   * Renders a conversation. A tool call's {@code arguments} must be a map, not JSON in a string.
   *
   * @throws TextException if the template refuses it ({@code raise_exception}) or fails
   */
  public RenderedPrompt render(ChatPrompt prompt) {
    LocalDateTime now = LocalDateTime.now(clock);
    ClientValues values = ClientValues.of(prompt);
    Map<String, Object> variables = new LinkedHashMap<>(tokenVariables);
    for (String name : prompt.arguments().keySet()) {
      if (RESERVED.contains(name)) {
        throw new TextException(
            "the template argument '" + name + "' is reserved: set it by its own field");
      }
    }
    prompt.arguments().forEach((name, value) -> variables.put(name, values.convert(value)));
    variables.put(
        "documents", prompt.documents().isEmpty() ? None.NONE : values.convert(prompt.documents()));
    variables.put("add_generation_prompt", prompt.addGenerationPrompt());
    variables.put("tools", prompt.tools().isEmpty() ? None.NONE : values.convert(prompt.tools()));
    try {
      Object messages =
          values.convert(
              prompt.continueFinalMessage() ? OpenEnd.sign(prompt.messages()) : prompt.messages());
      variables.put(
          "messages", mentionsToolCalls ? messages : toolCallHistory.intoContent(messages, now));
      RenderedPrompt rendered = values.finish(template.render(variables, now));
      return prompt.continueFinalMessage() ? OpenEnd.cut(rendered) : rendered;
    } catch (TemplateException e) {
      throw new TextException("chat template, " + e.getMessage(), e);
    }
  }
}
