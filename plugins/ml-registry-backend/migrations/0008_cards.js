// @ts-check

/**
 * Model cards, signatures that were sent along or checked, and jobs that train a version again. Times are ISO text.
 *
 * @param {import('knex').Knex} knex
 */
exports.up = async function up(knex) {
  await knex.schema.createTable('version_cards', table => {
    table.comment('The declared part of model cards: what people typed in');
    versionReference(table);
    table.text('declared').notNullable().comment('JSON: fields of Markdown');
    table.string('saved_at', 30).notNullable();
    table.string('saved_by', 255).notNullable();
    table.primary(['name', 'version']);
  });
  await knex.schema.createTable('version_signatures', table => {
    table.comment('The last check of a model signature, one per version');
    versionReference(table);
    table.text('bundle').comment('JSON: only when it was sent along');
    table.text('result').notNullable().comment('JSON: what the check found');
    table.string('files_digest', 80).notNullable().comment('Of the files then');
    table.primary(['name', 'version']);
  });
  await knex.schema.createTable('reproductions', table => {
    table.comment('Jobs that were asked to train a version again');
    table.string('job_id', 64).primary();
    versionReference(table);
    table.string('requested_by', 255).notNullable();
    table.string('at', 30).notNullable();
    table.index(['name', 'version'], 'reproductions_version_idx');
  });
};

/** @param {import('knex').Knex} knex */
exports.down = async function down(knex) {
  for (const name of ['reproductions', 'version_signatures', 'version_cards']) {
    await knex.schema.dropTable(name);
  }
};

/** @param {import('knex').Knex.CreateTableBuilder} table */
function versionReference(table) {
  table.string('name', 256).notNullable();
  table.integer('version').notNullable();
  table
    .foreign(['name', 'version'])
    .references(['name', 'version'])
    .inTable('model_versions')
    .onDelete('CASCADE')
    .onUpdate('CASCADE');
}
