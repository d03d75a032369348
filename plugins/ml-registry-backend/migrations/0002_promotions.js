// @ts-check

/**
 * Promotions, approvals, the ledger of what was decided, and the checks new
 * versions go through. Times are ISO text.
 *
 * @param {import('knex').Knex} knex
 */
exports.up = async function up(knex) {
  await knex.schema.createTable('promotions', table => {
    table.comment('Somebody asked that a version enter a stage');
    table.string('id', 64).primary();
    modelReference(table);
    table.integer('version').notNullable();
    table.string('from_stage', 20).notNullable().comment('When it was asked');
    table.string('to_stage', 20).notNullable();
    table.string('state', 30).notNullable().comment('domain/promotionStates');
    table.string('requested_by', 255).notNullable();
    table.string('author', 255).comment('Who made the version');
    table.string('owner', 255).notNullable().comment('Whose members approve');
    table.text('reason');
    table
      .text('gates')
      .notNullable()
      .comment('JSON: verdicts of the last check');
    table.text('evidence').notNullable().comment('JSON: frozen at the request');
    table.integer('champion_version').comment('Production at the request');
    table.integer('approvals_needed').notNullable();
    table.text('message');
    table.string('created_at', 30).notNullable();
    table.string('decided_at', 30);
    table.string('next_reconcile_at', 30).comment('Null: nothing to do');
    table.string('ticket', 36).comment('Of the last lease');
    table.index(['next_reconcile_at'], 'promotions_due_idx');
    table.index(['name', 'created_at'], 'promotions_newest_idx');
  });
  await knex.raw(
    `CREATE UNIQUE INDEX promotions_one_open_idx ON promotions (name, version, to_stage)
     WHERE state IN ('requested', 'checking', 'waiting-for-approval')`,
  );

  await knex.schema.createTable('promotion_approvals', table => {
    table.comment('One row per person who approved');
    table
      .string('promotion_id', 64)
      .notNullable()
      .references('promotions.id')
      .onDelete('CASCADE');
    table.string('approved_by', 255).notNullable();
    table.string('approved_at', 30).notNullable();
    table.text('comment');
    table.primary(['promotion_id', 'approved_by']);
  });

  await knex.schema.createTable('model_history', table => {
    table.comment('What happened to a model, only ever appended to');
    table.increments('id');
    modelReference(table);
    table.string('at', 30).notNullable();
    table.string('actor', 255).notNullable();
    table.string('action', 40).notNullable();
    table.integer('version');
    table.string('from_stage', 20);
    table.string('to_stage', 20);
    table.text('message').notNullable();
    table.index(['name', 'id'], 'model_history_newest_idx');
  });

  await knex.schema.createTable('version_checks', table => {
    table.comment('New versions on their way through the gates into staging');
    table.string('id', 300).primary().comment('name@version');
    modelReference(table);
    table.integer('version').notNullable();
    table.boolean('announced').notNullable().defaultTo(false);
    table.integer('looks').notNullable().defaultTo(0);
    table.string('next_reconcile_at', 30);
    table.string('ticket', 36);
    table.index(['next_reconcile_at'], 'version_checks_due_idx');
    table.index(['name', 'version'], 'version_checks_version_idx');
  });

  // The guarantee behind "two promotions cannot both win": whatever the code does,
  // a second production version of a model cannot be written.
  await knex.raw(
    `CREATE UNIQUE INDEX model_versions_one_production_idx ON model_versions (name)
     WHERE stage = 'production'`,
  );
};

/** @param {import('knex').Knex} knex */
exports.down = async function down(knex) {
  await knex.raw('DROP INDEX model_versions_one_production_idx');
  for (const name of [
    'version_checks',
    'model_history',
    'promotion_approvals',
    'promotions',
  ]) {
    await knex.schema.dropTable(name);
  }
};

/** @param {import('knex').Knex.CreateTableBuilder} table */
function modelReference(table) {
  table
    .string('name', 256)
    .notNullable()
    .references('registered_models.name')
    .onDelete('CASCADE')
    .onUpdate('CASCADE');
}
