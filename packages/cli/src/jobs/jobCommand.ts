import type { CliCommand } from '@backstage/cli-node';
import { command, type CommandContext, type Definition } from '../command';
import { endingOf } from './exitCodes';

/** A command of `downstage jobs`: its exit codes say what went wrong. */
export function jobCommand(definition: Definition<CommandContext>): CliCommand {
  return command(definition, endingOf);
}
