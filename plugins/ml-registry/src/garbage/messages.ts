/** The words of the page that removes deleted things for good. */
export const garbageMessages = {
  garbage: {
    title: 'Garbage',
    description:
      'Deletes for good what was deleted long ago and nothing needs: runs, logged models, experiments, and files that belong to nothing.',
    look: 'Look for garbage',
    lookAgain: 'Look again',
    lookFailed: 'Could not look for garbage',
    emptyTitle: 'Nothing has been looked at yet',
    emptyText: 'Look for garbage: it shows what would go, and deletes nothing.',
    sum: 'What would go',
    sumText:
      '{{items}} things with {{bytes}}, deleted before {{date}} and needed by nothing.',
    nothing: 'Nothing that was deleted before {{date}} can go.',
    collecting:
      'Being deleted: {{deleted}} of {{items}} so far, {{bytes}} freed. It goes on by itself, also when this page is closed.',
    done: 'Done: {{deleted}} of {{items}} deleted, {{bytes}} freed; {{kept}} kept after all, {{failed}} failed.',
    byExperiment: 'By experiment',
    experiment: 'Experiment',
    things: 'Things',
    files: 'Files',
    size: 'Size',
    items: 'In detail',
    name: 'Name',
    kind: 'Kind',
    state: 'State',
    kept: 'Kept, and why',
    keptNothing: 'Nothing old enough is needed by anything.',
    because: 'Because',
    more: 'and {{more}} more',
    collect: 'Delete for good',
    confirmTitle: 'Delete for good?',
    confirmText:
      '{{items}} things and {{files}} files with {{bytes}} will be deleted. Items that are needed by then are kept. This cannot be undone.',
    sure: 'I know that this cannot be undone',
    collectFailed: 'Could not begin',
    kinds: {
      run: 'Run',
      'logged-model': 'Logged model',
      experiment: 'Experiment',
      orphan: 'Files of nothing',
    },
    states: {
      shown: 'Can go',
      'rows-deleted': 'Going',
      deleted: 'Deleted',
      kept: 'Kept',
      failed: 'Failed',
    },
  },
} as const;
