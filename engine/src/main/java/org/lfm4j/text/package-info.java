/** Text to token ids and back: byte-level BPE, streaming detokenizer, chat templates. */
@NullMarked
package org.lfm4j.text;

import org.jspecify.annotations.NullMarked;
