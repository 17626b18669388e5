/** Models in GGUF files: one file with weights, configuration, tokenizer and chat template. */
@NullMarked
package org.lfm4j.checkpoint.gguf;

import org.jspecify.annotations.NullMarked;
