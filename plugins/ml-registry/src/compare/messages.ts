/** The words of the comparison of runs. */
export const compareMessages = {
  compare: {
    title: 'Compare runs',
    few: 'Choose runs to compare',
    fewText:
      'A comparison needs two runs at least. Choose them in the list of runs.',
    chooseRuns: 'Choose runs',
    onlyDifferences: 'Only differences',
    differs: 'differs',
    allSame: 'The runs agree in everything.',
    highest: 'highest',
    lowest: 'lowest',
    overlaid: 'Curves, overlaid',
    metric: 'Metric',
    parallel: 'Params and metrics of each run',
    parallelLabel: 'Parallel coordinates: one line a run through {{runs}} runs',
    parallelNone:
      'The runs differ in fewer than two values, so there is nothing to draw.',
    remove: 'Leave {{name}} out',
    absent: 'not logged',
    onePoint:
      'This metric has a single point in each of these runs; the table above says all there is.',
    noMetrics: 'None of these runs logged a metric.',
  },
  compareRuns: {
    tabs: {
      table: 'Params and metrics',
      curves: 'Curves',
      parallel: 'Parallel coordinates',
      scatter: 'Scatter',
      contour: 'Contour',
      importance: 'Parameter importance',
      box: 'Box plot',
    },
    x: 'Bottom axis',
    y: 'Side axis',
    z: 'Colour',
    color: 'Metric',
    scatterLabel: '{{y}} over {{x}}, one point a run, {{all}} runs',
    contourLabel:
      '{{z}} over {{x}} and {{y}}, interpolated between {{all}} runs',
    contourNone:
      'A contour needs three runs at least with numbers for both axes that do not lie on one line.',
    contourText:
      'Between the runs the value is interpolated by inverse distance; only inside their range.',
    nothing: 'Fewer than two of these runs have a number for both.',
    importanceText:
      'How much a random forest loses when the values of a param are shuffled among the runs. This permutation importance is a share of the whole; 0 means that the param does not help to tell the metric. {{runs}} runs are not much to learn from: read it as a hint.',
    importanceFew:
      'At least five runs with the metric and two values of a param are needed.',
    importanceLabel: 'Importance of params for {{metric}}',
    importance: 'Importance',
    fit: 'The forest explains {{percent}} % of the spread it has not seen.',
    boxLabel: '{{metric}} by {{param}}: least, quartiles, greatest',
    groupBy: 'Groups by',
    brush: 'Drag along an axis to keep only the lines that pass there.',
    tooMany:
      'The table and the curves show the first {{shown}} of {{all}} runs; the other tabs show all.',
    experiment: 'Experiment',
  },
} as const;
