// @ts-check

/**
 * Saved views of the runs table. Times are ISO text.
 *
 * @param {import('knex').Knex} knex
 */
exports.up = async function up(knex) {
  await knex.schema.createTable('run_views', table => {
    table.comment('Views of the runs table that people saved for all');
    table.string('id', 64).primary();
    table
      .string('scope', 330)
      .notNullable()
      .comment('all, experiment:<id> or model:<namespace>/<name>');
    table.string('name', 100).notNullable();
    table.text('state').notNullable().comment('Query string of the page');
    table.string('created_by', 255).notNullable();
    table.string('updated_at', 30).notNullable();
    table.unique(['scope', 'name'], { indexName: 'run_views_name_idx' });
  });
};

/** @param {import('knex').Knex} knex */
exports.down = async function down(knex) {
  await knex.schema.dropTable('run_views');
};
