/** The words of artifacts and of the views of a file. */
export const artifactsMessages = {
  artifacts: {
    title: 'Artifacts',
    emptyTitle: 'No files',
    emptyText: 'Log one with mlflow.log_artifact("plot.png").',
    download: 'Download {{path}}',
    open: 'Open {{path}}',
    done: '{{path}} downloaded',
    failed: '{{path}} could not be downloaded',
  },
  files: {
    choose: 'Choose a file to look at it.',
    tooBig: 'Too large to show here ({{size}}; up to {{most}})',
    tooBigText: 'Download it to look at it.',
    unknown: 'This kind of file cannot be shown',
    unknownText: 'Download it to look at it.',
    failed: 'The file could not be shown',
    rows_one: '{{all}} row',
    rows_other: '{{all}} rows',
    rowsCut: 'The first {{shown}} of {{all}} rows',
    downloadFile: 'Download',
    asText: 'As text',
    asShown: 'As shown',
    tree: 'JSON',
    table: 'Rows of {{name}}',
    image: 'Image {{name}}',
  },
  sandbox: {
    title: 'Preview of {{name}}',
    noScripts:
      'Scripts do not run here and nothing is loaded from elsewhere. Download the file to see all of it.',
  },
} as const;
