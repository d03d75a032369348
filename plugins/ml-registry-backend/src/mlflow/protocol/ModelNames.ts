import type { ModelStore } from '../../versions/stores/ModelStore';
import { fromMlflowName } from '../../versions/mlflowNames';
import { checkModelName, checkVersion } from '../../kernel/validation';
import type { Message } from './Message';

/** Reads how MLflow's clients name models. Answers to them go through `toMlflowName`. */
export class ModelNames {
  readonly #models: ModelStore;

  constructor(models: ModelStore) {
    this.#models = models;
  }

  /** The registry's name of a model. */
  read(text: string): Promise<string> {
    return fromMlflowName(text, this.#models);
  }

  /** The registry's name of a model that is to be made. */
  readNew(text: string): Promise<string> {
    return this.read(checkModelName(text));
  }

  /** The model that a request names. */
  of(message: Message): Promise<string> {
    return this.read(message.required('name'));
  }

  /** The version that a request names. */
  async versionOf(
    message: Message,
  ): Promise<{ name: string; version: number }> {
    return {
      name: await this.of(message),
      version: checkVersion(message.required('version')),
    };
  }
}
