/** Who may ask, and how much: API keys, their files, limits and cache salts. */
@NullMarked
package org.lfm4j.server.auth;

import org.jspecify.annotations.NullMarked;
