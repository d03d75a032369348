// @ts-check

/**
 * What gates said of each version, and what reading its files found: written when something changed, so that a list
 * of versions computes nothing. Versions from before are looked at when somebody asks for them.
 *
 * @param {import('knex').Knex} knex
 */
exports.up = async function up(knex) {
  await knex.schema.alterTable('version_checks', table => {
    table.text('verdicts').comment('JSON: what the gates of production say');
    table
      .string('verdicts_basis', 64)
      .comment('Fingerprint of what the gates saw');
    table.string('verdicts_at', 30);
    table.text('model_file').comment('JSON: flavors and signature');
  });
  await knex.schema.createTable('version_files', table => {
    table.comment('What reading all files of a version found, once');
    table.string('id', 300).primary().comment('name@version');
    table.string('name', 256).notNullable();
    table.integer('version').notNullable();
    table
      .foreign(['name', 'version'])
      .references(['name', 'version'])
      .inTable('model_versions')
      .onDelete('CASCADE')
      .onUpdate('CASCADE');
    table.unique(['name', 'version'], {
      indexName: 'version_files_version_idx',
    });
    table.string('digest', 100).comment('Of the list of files that were read');
    table.text('found').comment('JSON: count, changed, unrecorded, pickles');
    table.string('read_at', 30);
    table.string('next_reconcile_at', 30);
    table.string('ticket', 36);
    table.index(['next_reconcile_at'], 'version_files_due_idx');
  });
  await knex.schema.alterTable('model_versions', table => {
    table
      .boolean('check_opened')
      .notNullable()
      .defaultTo(false)
      .comment('Whether version_checks has its row');
  });
  await knex.raw(
    `UPDATE model_versions SET check_opened = true WHERE EXISTS (
      SELECT 1 FROM version_checks c WHERE c.name = model_versions.name AND c.version = model_versions.version)`,
  );
  await knex.raw(
    "CREATE INDEX model_versions_unopened_idx ON model_versions (name, version) WHERE NOT check_opened AND status = 'READY'",
  );
};

/** @param {import('knex').Knex} knex */
exports.down = async function down(knex) {
  await knex.raw('DROP INDEX model_versions_unopened_idx');
  await knex.schema.alterTable('model_versions', table => {
    table.dropColumn('check_opened');
  });
  await knex.schema.dropTable('version_files');
  await knex.schema.alterTable('version_checks', table => {
    table.dropColumn('verdicts');
    table.dropColumn('verdicts_basis');
    table.dropColumn('verdicts_at');
    table.dropColumn('model_file');
  });
};
