package org.lfm4j.text.jinja;

/**
 * What a name or attribute that does not exist gives (jinja2's default Undefined): it prints as
 * nothing, is false and empty, and fails in any other use.
 *
 * @param reason what does not exist
 */
record Undefined(String reason) {
  TemplateException failure() {
    return new TemplateException(reason);
  }
}
