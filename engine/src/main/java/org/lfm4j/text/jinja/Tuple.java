package org.lfm4j.text.jinja;

import java.util.List;

/** A Python tuple: differs from a list when printed, compared and concatenated. */
record Tuple(List<Object> items) {}
