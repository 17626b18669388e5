package org.lfm4j.cli;

import org.lfm4j.checkpoint.CheckpointException;
import org.lfm4j.engine.EngineException;
import org.lfm4j.hub.HubException;
import org.lfm4j.server.ServerException;
import org.lfm4j.server.auth.AuthException;
import org.lfm4j.server.tls.TlsException;
import org.lfm4j.text.TextException;

/** Which errors speak for themselves. */
final class Errors {
  private Errors() {}

  /** Returns whether an error's message is all a user needs. */
  static boolean foreseen(Exception error) {
    return error instanceof CliException
        || error instanceof CheckpointException
        || error instanceof TextException
        || error instanceof HubException
        || error instanceof EngineException
        || error instanceof ServerException
        || error instanceof AuthException
        || error instanceof TlsException
        || error instanceof IllegalArgumentException;
  }
}
