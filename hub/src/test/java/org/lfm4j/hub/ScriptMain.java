package org.lfm4j.hub;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;

/** What {@code hub/src/test/scripts/python_client.py} asks of us, a process for each question. */
final class ScriptMain {
  private ScriptMain() {}

  public static void main(String[] arguments) throws IOException, InterruptedException {
    switch (arguments[0]) {
      case "stand-in" -> standIn();
      case "pull" -> pull(arguments[1], Selection.of(ModelReference.parse(arguments[1])));
      case "pull-all" -> pull(arguments[1], Selection.ALL);
      case "verify" -> verify(arguments[1]);
      case "try-lock" ->
          System.out.println(CacheLock.tryAcquire(Path.of(arguments[1])).isPresent());
      case "hold-lock" -> {
        try (CacheLock _ = CacheLock.acquire(Path.of(arguments[1]), PullListener.SILENT)) {
          System.out.println("held");
          int ended = System.in.read();
          assert ended < 0;
        }
      }
      default -> throw new IllegalArgumentException(arguments[0]);
    }
  }

  /** Serves until standard input ends. */
  private static void standIn() throws IOException {
    try (HubStandIn standIn = new HubStandIn()) {
      standIn.repo(Models.NAME).commit("main", Models.files());
      standIn.repo(Models.GGUF).commit("main", Models.ggufFiles());
      standIn.repo("LiquidAI/Gated").commit("main", Models.files());
      standIn.repo("LiquidAI/Gated").access = StandInRepo.Access.GATED;
      standIn.repo("LiquidAI/Disabled").commit("main", Models.files());
      standIn.repo("LiquidAI/Disabled").access = StandInRepo.Access.DISABLED;
      standIn.rename("Old/Name", Models.NAME);
      standIn
          .repo("LiquidAI/Tiny")
          .commit(
              "main",
              List.of(
                  StandInFile.text("config.json", "{}\n"),
                  StandInFile.text("sub/notes.txt", "in a folder\n"),
                  StandInFile.random("model.safetensors", 2_000, StandInFile.Kind.XET),
                  StandInFile.random("tokenizer.json", 1_000, StandInFile.Kind.LFS)));
      System.out.println(standIn.endpoint());
      int ended = System.in.read();
      assert ended < 0;
    }
  }

  private static void pull(String name, Selection selection) throws InterruptedException {
    Hub hub = new Hub(HubSettings.fromEnvironment());
    ModelReference model = ModelReference.parse(name);
    System.out.println(hub.pull(model, selection, PullListener.SILENT).directory());
  }

  private static void verify(String name) throws InterruptedException {
    Hub hub = new Hub(HubSettings.fromEnvironment());
    Verification verification = hub.cache().verify(ModelReference.parse(name), PullListener.SILENT);
    System.out.println(verification.files() + " " + verification.problems());
  }
}
