// @ts-check

/**
 * Imports of MLflow servers, and what each thing of theirs became here. The
 * items outlive their import, so that the next one of the same server adds only
 * what is new.
 *
 * @param {import('knex').Knex} knex
 */
exports.up = async function up(knex) {
  await knex.schema.createTable('imports', table => {
    table.comment('Imports of MLflow servers');
    table.string('id', 64).primary();
    table.text('uri').notNullable();
    table.string('source', 64).notNullable().comment('SHA-256 of the URI');
    table.text('login').comment('Sealed JSON; null once the import ended');
    table.string('state', 20).notNullable().comment('running, succeeded, …');
    table.text('cursor').notNullable().comment('JSON: where it goes on');
    table.string('stages', 10).notNullable().comment('record or enter');
    table.text('reason').comment('Of entering production past the gates');
    table.string('owner', 255);
    table.text('message');
    table.integer('failures').notNullable().defaultTo(0).comment('In a row');
    table.string('created_by', 255).notNullable();
    table.string('created_at', 30).notNullable();
    table.string('finished_at', 30);
    table.string('next_reconcile_at', 30).comment('Null: nothing to do');
    table.string('ticket', 36).comment('Of the last lease');
    table.index(['next_reconcile_at'], 'imports_due_idx');
    table.index(['created_at'], 'imports_newest_idx');
  });
  // Two imports of one server at once would do everything twice.
  await knex.raw(
    `CREATE UNIQUE INDEX imports_one_running_idx ON imports (source) WHERE state = 'running'`,
  );
  await knex.schema.createTable('import_items', table => {
    table.comment('What things of other servers became here');
    table.string('source', 64).notNullable();
    table.string('kind', 20).notNullable();
    table.string('source_id', 600).notNullable();
    table.string('target_id', 600).comment('Null: left out');
    table.text('stamp').comment('Changes when the thing changed there');
    table
      .string('outcome', 20)
      .notNullable()
      .comment('begun, added, known, left-out');
    table.text('reason').comment('Why it was left out');
    table.string('import_id', 64).notNullable().comment('Which saw it last');
    table.bigInteger('points').notNullable().defaultTo(0);
    table.bigInteger('files').notNullable().defaultTo(0);
    table.bigInteger('bytes').notNullable().defaultTo(0);
    table.primary(['source', 'kind', 'source_id']);
    table.index(['import_id', 'outcome'], 'import_items_import_idx');
  });
};

/** @param {import('knex').Knex} knex */
exports.down = async function down(knex) {
  await knex.schema.dropTable('import_items');
  await knex.schema.dropTable('imports');
};
