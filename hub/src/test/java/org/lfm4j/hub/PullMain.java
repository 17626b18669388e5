package org.lfm4j.hub;

/** Pulls a model in a process of its own, by the environment's settings. */
final class PullMain {
  private PullMain() {}

  public static void main(String[] arguments) throws InterruptedException {
    HubSettings settings = HubSettings.fromEnvironment();
    Hub hub = new Hub(settings, Pauses.REAL, FreeSpace.REAL, TestHub.BLOCK_BYTES);
    ModelReference model = ModelReference.parse(arguments[0]);
    System.out.println(hub.pull(model, Selection.of(model), PullListener.SILENT).directory());
  }
}
