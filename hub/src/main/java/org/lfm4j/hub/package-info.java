/**
 * Models from the Hugging Face Hub: {@link org.lfm4j.hub.Hub} finds them in the cache that Python's
 * {@code huggingface_hub} uses, and downloads and verifies what is missing there.
 */
@NullMarked
package org.lfm4j.hub;

import org.jspecify.annotations.NullMarked;
