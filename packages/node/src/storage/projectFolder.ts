import { modelOfMlflowName } from '@downstage/common';

/**
 * The namespace whose entities a project on this machine declares, by the name of its folder: `fraud` declares those of
 * `default`, `__credit__fraud` those of `credit`. Two models of one name have folders of their own that way.
 */
export function namespaceOfProject(folder: string): string {
  return modelOfMlflowName(folder)?.namespace ?? 'default';
}
