package org.lfm4j.cli.vast;

import java.util.Locale;
import org.lfm4j.cli.vast.ChangeInstanceCommand.Change;
import picocli.CommandLine;
import picocli.CommandLine.Model.CommandSpec;

/** All commands under {@code lfm vast}. */
final class VastCommands {
  private VastCommands() {}

  /** Returns the command line. */
  static CommandLine commandLine(Surroundings surroundings) {
    ServiceOptions options = new ServiceOptions();
    Session session = new Session(options, surroundings);
    CommandLine root = new CommandLine(options);
    CommandLine create = group("create", "Rents an offer.", new CreateInstanceCommand(session));
    CommandLine launch =
        group("launch", "Rents the best offer.", new LaunchInstanceCommand(session));
    root.addSubcommand(new UpCommand(session))
        .addSubcommand(new DownCommand(session))
        .addSubcommand(new StatusCommand(session))
        .addSubcommand(new LogsCommand(session))
        .addSubcommand(new TunnelCommand(session))
        .addSubcommand(new SweepCommand(session))
        .addSubcommand(new GuardCommand(session));
    root.addSubcommand(group("set", "Stores the key.", new SetApiKeyCommand(session)))
        .addSubcommand(group("search", "Lists offers.", new SearchOffersCommand(session)))
        .addSubcommand(create)
        .addSubcommand(launch)
        .addSubcommand(
            group(
                "show",
                "Shows instances, or the account.",
                new ShowInstanceCommand(session),
                new ShowInstancesCommand(session),
                new ShowUserCommand(session)))
        .addSubcommand(new ExecuteCommand(session))
        .addSubcommand(new SshUrlCommand(session));
    for (Change change : Change.values()) {
      CommandLine command = new CommandLine(new ChangeInstanceCommand(session, change));
      command.getCommandSpec().usageMessage().description(change.description());
      root.addSubcommand(
          group(change.name().toLowerCase(Locale.ROOT), change.description(), command));
    }
    root.addSubcommand(group("label", "Names an instance.", new LabelInstanceCommand(session)))
        .addSubcommand(group("destroy", "Ends rentals.", new DestroyInstancesCommand(session)));
    // Values like "-p 8000:8000" look like options.
    create.setAllowOptionsAsOptionParameters(true);
    launch.setAllowOptionsAsOptionParameters(true);
    return root;
  }

  private static CommandLine group(String name, String description, Object... commands) {
    CommandSpec spec = CommandSpec.create().name(name).mixinStandardHelpOptions(true);
    spec.usageMessage().description(description).synopsisSubcommandLabel("COMMAND");
    CommandLine group = new CommandLine(spec);
    for (Object command : commands) {
      group.addSubcommand(command);
    }
    return group;
  }
}
