// @ts-check

/**
 * Traces as MLflow's clients send them: one row per trace, its tags and
 * metadata, and its spans as OpenTelemetry writes them.
 *
 * @param {import('knex').Knex} knex
 */
exports.up = async function up(knex) {
  await knex.schema.createTable('traces', table => {
    table.comment('One call that was traced');
    table.string('trace_id', 100).primary().comment('tr- and 32 hex digits');
    table
      .integer('experiment_id')
      .notNullable()
      .references('experiments.experiment_id');
    table.bigInteger('request_time').notNullable().comment('Milliseconds');
    table.bigInteger('execution_ms').comment('Null while it goes on');
    table
      .string('state', 20)
      .notNullable()
      .comment('OK, ERROR, IN_PROGRESS, …');
    table.string('client_request_id', 255);
    table.text('request_preview');
    table.text('response_preview');
    table
      .boolean('finalized')
      .notNullable()
      .defaultTo(false)
      .comment('The client said how it ended; spans no longer tell');
    table
      .string('owner', 255)
      .comment('Entity ref that may write to the trace');
    table.string('created_by', 255).comment('user:…, job:… or service:…');
    table.index(
      ['experiment_id', 'request_time', 'trace_id'],
      'traces_newest_idx',
    );
  });
  for (const [name, comment] of [
    ['trace_tags', 'Tags of traces; may change'],
    ['trace_metadata', 'What the client said about a trace; never changes'],
  ]) {
    await knex.schema.createTable(name, table => {
      table.comment(comment);
      traceReference(table);
      table.string('key', 250).notNullable();
      table.text('value').notNullable();
      table.primary(['trace_id', 'key']);
    });
    await knex.schema.alterTable(name, table => {
      table.index(['key', 'trace_id'], `${name}_key_idx`);
    });
  }
  await knex.schema.createTable('spans', table => {
    table.comment('Steps of a trace');
    traceReference(table);
    table.string('span_id', 32).notNullable().comment('Hex digits');
    table.string('parent_id', 32).comment('Null: the root');
    table.bigInteger('started_us').notNullable().comment('Microseconds');
    table
      .text('content')
      .notNullable()
      .comment('JSON of an OpenTelemetry span, long values cut');
    table.primary(['trace_id', 'span_id']);
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

/** @param {import('knex').Knex} knex */
exports.down = async function down(knex) {
  await knex.schema.dropTable('spans');
  await knex.schema.dropTable('trace_metadata');
  await knex.schema.dropTable('trace_tags');
  await knex.schema.dropTable('traces');
};
