/**
 * The part of Jinja that chat templates use, with Python's values, as Hugging Face's transformers
 * set jinja2 up: sandboxed, trim_blocks, lstrip_blocks, loop controls and the generation tag.
 */
@NullMarked
package org.lfm4j.text.jinja;

import org.jspecify.annotations.NullMarked;
