// @ts-check

/**
 * What people and scorers say of traces, which runs traces belong to, evaluation data sets, and of spans what searches
 * ask for.
 *
 * @param {import('knex').Knex} knex
 */
exports.up = async function up(knex) {
  await knex.schema.createTable('assessments', table => {
    table.comment('Feedback on a trace, and what was expected of it');
    table.string('assessment_id', 50).primary().comment('a- and 32 hex digits');
    traceReference(table);
    table.string('kind', 20).notNullable().comment('feedback or expectation');
    table.string('name', 250).notNullable();
    table.text('value').notNullable().comment('JSON');
    table.text('value_text').comment('Of a text the text, for LIKE');
    table.double('value_number').comment('Of a number the number');
    table
      .boolean('serialized')
      .notNullable()
      .defaultTo(false)
      .comment('The client sent the value as text that is JSON');
    table.text('error').comment('JSON of what went wrong in a scorer');
    table.string('source_type', 50).notNullable();
    table.string('source_id', 250);
    table.text('rationale');
    table.text('metadata').notNullable().defaultTo('{}').comment('JSON object');
    table.string('span_id', 50);
    table.string('overrides', 50).comment('The assessment that this replaces');
    table.boolean('valid').notNullable().defaultTo(true);
    table.bigInteger('created_time').notNullable();
    table.bigInteger('last_updated_time').notNullable();
    table.string('created_by', 255);
    table.index(['trace_id', 'created_time'], 'assessments_trace_idx');
    table.index(['name', 'trace_id'], 'assessments_name_idx');
  });
  await knex.schema.createTable('trace_runs', table => {
    table.comment('Runs that traces were linked to after they were made');
    traceReference(table);
    table
      .string('run_id', 64)
      .notNullable()
      .references('runs.run_id')
      .onDelete('CASCADE');
    table.primary(['trace_id', 'run_id']);
    table.index(['run_id'], 'trace_runs_run_idx');
  });

  await knex.schema.createTable('evaluation_datasets', table => {
    table.comment('Data sets of MLflow for evaluation (genai.datasets)');
    table.string('dataset_id', 50).primary().comment('d- and 32 hex digits');
    table.string('name', 255).notNullable();
    table.text('schema').comment('JSON');
    table.text('profile').comment('JSON');
    table.string('digest', 64).notNullable();
    table.bigInteger('created_time').notNullable();
    table.bigInteger('last_update_time').notNullable();
    table.string('created_by', 255);
    table.string('last_updated_by', 255);
    table.string('owner', 255).comment('Entity ref that may write here');
    table.index(
      ['created_time', 'dataset_id'],
      'evaluation_datasets_newest_idx',
    );
  });
  await knex.schema.createTable('evaluation_dataset_tags', table => {
    table.comment('Tags of evaluation data sets');
    datasetReference(table);
    table.string('key', 250).notNullable();
    table.text('value').notNullable();
    table.primary(['dataset_id', 'key']);
  });
  await knex.schema.createTable('evaluation_dataset_experiments', table => {
    table.comment('Experiments that an evaluation data set belongs to');
    datasetReference(table);
    table
      .integer('experiment_id')
      .notNullable()
      .references('experiments.experiment_id')
      .onDelete('CASCADE');
    table.primary(['dataset_id', 'experiment_id']);
    table.index(['experiment_id'], 'evaluation_dataset_experiments_idx');
  });
  await knex.schema.createTable('evaluation_dataset_records', table => {
    table.comment('Records of evaluation data sets; JSON as it was sent');
    table.increments('sequence').comment('In the order of adding');
    table.string('record_id', 50).notNullable().unique();
    datasetReference(table);
    table.string('input_hash', 64).notNullable();
    table.text('inputs').notNullable();
    table.text('outputs');
    table.text('expectations');
    table.text('tags').notNullable().defaultTo('{}');
    table.text('source');
    table.bigInteger('created_time').notNullable();
    table.bigInteger('last_update_time').notNullable();
    table.string('created_by', 255);
    table.string('last_updated_by', 255);
    table.unique(['dataset_id', 'input_hash']);
    table.index(['dataset_id', 'sequence'], 'evaluation_dataset_records_idx');
  });

  await knex.schema.alterTable('spans', table => {
    table.text('name').comment('Null: of before searches by span');
    table.string('type', 100);
    table.string('status', 20).comment('OK, ERROR or UNSET');
  });
  await knex.schema.createTable('span_attributes', table => {
    table.comment('Attributes of spans as text, long values cut');
    table.string('trace_id', 100).notNullable();
    table.string('span_id', 32).notNullable();
    table.string('key', 250).notNullable();
    table.text('value').notNullable();
    table.primary(['trace_id', 'span_id', 'key']);
    table
      .foreign(['trace_id', 'span_id'])
      .references(['trace_id', 'span_id'])
      .inTable('spans')
      .onDelete('CASCADE');
  });
};

/** @param {import('knex').Knex.CreateTableBuilder} table */
function traceReference(table) {
  table
    .string('trace_id', 100)
    .notNullable()
    .references('traces.trace_id')
    .onDelete('CASCADE');
}

/** @param {import('knex').Knex.CreateTableBuilder} table */
function datasetReference(table) {
  table
    .string('dataset_id', 50)
    .notNullable()
    .references('evaluation_datasets.dataset_id')
    .onDelete('CASCADE');
}

/** @param {import('knex').Knex} knex */
exports.down = async function down(knex) {
  await knex.schema.dropTable('span_attributes');
  await knex.schema.alterTable('spans', table => {
    table.dropColumn('name');
    table.dropColumn('type');
    table.dropColumn('status');
  });
  for (const name of [
    'evaluation_dataset_records',
    'evaluation_dataset_experiments',
    'evaluation_dataset_tags',
    'evaluation_datasets',
    'trace_runs',
    'assessments',
  ]) {
    await knex.schema.dropTable(name);
  }
};
