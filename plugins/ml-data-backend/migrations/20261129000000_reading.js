// @ts-check

/** @param {import('knex').Knex} knex */
exports.up = async function up(knex) {
  await knex.schema.alterTable('dataset_versions', table => {
    table
      .integer('reader')
      .comment('Which reader made it; null: one that kept no table');
    table
      .text('read_as')
      .comment('JSON: what the entity or the request declared of the text');
    table.text('dialect').comment('JSON: how the text was read');
    table.text('notes').comment('JSON: what a person should know of it');
    table
      .text('tables')
      .comment(
        'JSON: path, size, sha256 of the table beside the files; [] when they are the table',
      );
  });
  await knex.schema.createTable('dataset_registrations', table => {
    table.comment('Versions on their way: accepted, read in the background');
    table.string('id').primary();
    table
      .string('entity_ref')
      .notNullable()
      .comment('Lower-case entity ref, dataset:default/breast-masses');
    table.string('namespace').notNullable();
    table.string('name').notNullable();
    table
      .text('request')
      .notNullable()
      .comment('JSON: uri, format, dialect, fields, message');
    table
      .string('state')
      .notNullable()
      .comment('queued, copying, reading, profiling, ready, failed, cancelled');
    table.text('progress').comment('JSON: done, of');
    table.text('error').comment('JSON: name, message, code');
    table.integer('version').comment('The version it became');
    table.integer('attempts').notNullable().defaultTo(0);
    table.boolean('cancel_requested').notNullable().defaultTo(false);
    table.string('created_by').notNullable();
    table.string('created_at').notNullable().comment('ISO 8601, UTC');
    table.string('finished_at').comment('ISO 8601, UTC');
    table
      .string('next_reconcile_at')
      .comment('When to look at it; null for never again');
    table.string('ticket').comment('Who holds it');
    table.index(['next_reconcile_at']);
    table.index(['entity_ref', 'created_at']);
  });
};

/** @param {import('knex').Knex} knex */
exports.down = async function down(knex) {
  await knex.schema.dropTable('dataset_registrations');
  await knex.schema.alterTable('dataset_versions', table => {
    table.dropColumns('reader', 'read_as', 'dialect', 'notes', 'tables');
  });
};
