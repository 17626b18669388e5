package org.lfm4j.server.generation;

import java.util.List;
import org.lfm4j.GenerationRequest;
import org.lfm4j.LanguageModel;
import org.lfm4j.server.http.ApiException;
import org.lfm4j.server.http.Fields;
import org.lfm4j.server.http.KnownFields;

/** One way in which clients ask for generations and get their answers. */
public interface Dialect {

  /**
   * A request as it was understood.
   *
   * @param requests one for each prompt
   * @param options what the client wants besides
   * @param format how its answer is written
   */
  record Job(List<GenerationRequest> requests, GenerationOptions options, AnswerFormat format) {}

  /** Returns what answers' ids begin with. */
  String idPrefix();

  /** Returns the fields of bodies in this dialect. */
  KnownFields fields();

  /**
   * Reads a body. Everything that can be refused is refused here.
   *
   * @throws ApiException naming the field at fault
   */
  Job read(Fields body, LanguageModel model);
}
