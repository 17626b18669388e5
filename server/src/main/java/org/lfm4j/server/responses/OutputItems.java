package org.lfm4j.server.responses;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.lfm4j.server.generation.Ids;
import org.lfm4j.server.http.Json;
import org.lfm4j.text.tools.AnswerPart;
import org.lfm4j.text.tools.AnswerPart.Content;
import org.lfm4j.text.tools.AnswerPart.Markup;
import org.lfm4j.text.tools.AnswerPart.Reasoning;
import org.lfm4j.text.tools.AnswerPart.ToolCall;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * The items of one response as they come, and the events that tell of them. A text goes on until
 * something of another kind comes; then its item is complete.
 */
final class OutputItems {
  private final ArrayNode items = Json.MAPPER.createArrayNode();
  private final List<ObjectNode> events = new ArrayList<>();
  private Optional<OpenText> open = Optional.empty();

  /** What kinds of texts there are, in the words of the API. */
  private enum Kind {
    MESSAGE("message", "msg_", "output_text"),
    REASONING("reasoning", "rs_", "reasoning_text");

    private final String type;
    private final String idPrefix;
    private final String part;

    Kind(String type, String idPrefix, String part) {
      this.type = type;
      this.idPrefix = idPrefix;
      this.part = part;
    }
  }

  private record OpenText(
      Kind kind, ObjectNode item, int index, StringBuilder text, ArrayNode logprobs) {}

  /**
   * Takes a part of the answer.
   *
   * @param logprobs those of its tokens, empty if none are wanted
   */
  void add(AnswerPart part, ArrayNode logprobs) {
    switch (part) {
      case Content content -> write(Kind.MESSAGE, content.source(), logprobs);
      case Reasoning reasoning -> write(Kind.REASONING, reasoning.source(), logprobs);
      case ToolCall call -> call(call);
      case Markup _ -> {}
    }
  }

  private void call(ToolCall call) {
    close("completed");
    ObjectNode item = newItem("function_call", "fc_");
    item.put("call_id", Ids.random("call_"));
    item.put("name", call.name());
    item.put("arguments", "");
    int index = begin(item);
    ObjectNode delta = about("response.function_call_arguments.delta", item, index);
    delta.put("delta", call.arguments());
    ObjectNode done = about("response.function_call_arguments.done", item, index);
    done.put("name", call.name());
    done.put("arguments", call.arguments());
    item.put("arguments", call.arguments());
    end(item, index, "completed");
  }

  /** Ends the last item. An answer without any text still has a message. */
  void finish(boolean complete) {
    if (items.isEmpty()) {
      write(Kind.MESSAGE, "", Json.MAPPER.createArrayNode());
    }
    close(complete ? "completed" : "incomplete");
  }

  /** Returns all items, the last of which may not be complete. */
  ArrayNode all() {
    return items;
  }

  /** Returns the events since the last call. */
  List<ObjectNode> takeEvents() {
    List<ObjectNode> taken = List.copyOf(events);
    events.clear();
    return taken;
  }

  private void write(Kind kind, String text, ArrayNode logprobs) {
    if (open.isEmpty() || open.get().kind() != kind) {
      close("completed");
      open = Optional.of(begin(kind));
    }
    OpenText current = open.get();
    current.text().append(text);
    current.logprobs().addAll(logprobs);
    if (!text.isEmpty()) {
      ObjectNode delta = aboutPart("response." + kind.part + ".delta", current);
      delta.put("delta", text);
      if (kind == Kind.MESSAGE) {
        delta.set("logprobs", logprobs);
      }
    }
  }

  private OpenText begin(Kind kind) {
    ObjectNode item = newItem(kind.type, kind.idPrefix);
    if (kind == Kind.MESSAGE) {
      item.put("role", "assistant");
    } else {
      item.putArray("summary");
    }
    item.putArray("content");
    OpenText begun =
        new OpenText(kind, item, begin(item), new StringBuilder(), Json.MAPPER.createArrayNode());
    aboutPart("response.content_part.added", begun).set("part", part(begun));
    return begun;
  }

  private void close(String status) {
    open.ifPresent(text -> {
      ObjectNode done = aboutPart("response." + text.kind().part + ".done", text);
      done.put("text", text.text().toString());
      if (text.kind() == Kind.MESSAGE) {
        done.set("logprobs", text.logprobs());
      }
      ObjectNode part = part(text);
      aboutPart("response.content_part.done", text).set("part", part);
      text.item().putArray("content").add(part);
      end(text.item(), text.index(), status);
    });
    open = Optional.empty();
  }

  private static ObjectNode part(OpenText text) {
    ObjectNode part = Json.MAPPER.createObjectNode();
    part.put("type", text.kind().part);
    part.put("text", text.text().toString());
    if (text.kind() == Kind.MESSAGE) {
      part.putArray("annotations");
      part.set("logprobs", text.logprobs().deepCopy());
    }
    return part;
  }

  private static ObjectNode newItem(String type, String idPrefix) {
    ObjectNode item = Json.MAPPER.createObjectNode();
    item.put("id", Ids.random(idPrefix));
    item.put("type", type);
    item.put("status", "in_progress");
    return item;
  }

  private int begin(ObjectNode item) {
    int index = items.size();
    items.add(item);
    ObjectNode event = event("response.output_item.added");
    event.put("output_index", index);
    event.set("item", item.deepCopy());
    return index;
  }

  private void end(ObjectNode item, int index, String status) {
    item.put("status", status);
    ObjectNode event = event("response.output_item.done");
    event.put("output_index", index);
    event.set("item", item.deepCopy());
  }

  private ObjectNode aboutPart(String type, OpenText text) {
    return about(type, text.item(), text.index()).put("content_index", 0);
  }

  private ObjectNode about(String type, ObjectNode item, int index) {
    ObjectNode event = event(type);
    event.set("item_id", item.get("id"));
    return event.put("output_index", index);
  }

  private ObjectNode event(String type) {
    ObjectNode event = Json.MAPPER.createObjectNode();
    event.put("type", type);
    events.add(event);
    return event;
  }
}
