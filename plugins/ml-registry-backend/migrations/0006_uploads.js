// @ts-check

/**
 * Uploads in parts, what remains to say about versions that were deleted, and
 * garbage: what was shown for deletion, and how far deleting it has come.
 *
 * @param {import('knex').Knex} knex
 */
exports.up = async function up(knex) {
  await knex.schema.createTable('uploads', table => {
    table.comment('Files that clients send in parts');
    table.string('id', 64).primary().comment('As the client knows it');
    table.text('store_id').notNullable().comment('As the store knows it');
    table.text('path').notNullable();
    table
      .string('state', 20)
      .notNullable()
      .comment('open, completing, hashing, done');
    table.bigInteger('size').comment('Once complete');
    table.string('created_by', 255).notNullable();
    table.string('created_at', 30).notNullable();
    table.string('changed_at', 30).notNullable();
    table.string('next_reconcile_at', 30).comment('Null: nothing to do');
    table.string('ticket', 36).comment('Of the last lease');
    table.index(['next_reconcile_at'], 'uploads_due_idx');
  });

  await knex.schema.createTable('deleted_versions', table => {
    table.comment(
      'Where the files of deleted versions lie: an endpoint may still serve one',
    );
    table.increments('id');
    table.string('name', 256).notNullable();
    table.integer('version').notNullable();
    table.text('storage_location').notNullable();
    table.string('run_id', 64);
    table.string('model_id', 64);
    table.string('deleted_at', 30).notNullable();
    table.index(['name', 'version'], 'deleted_versions_name_idx');
  });

  await knex.schema.createTable('garbage_collections', table => {
    table.comment('What was shown for deletion, and what became of it');
    table.string('id', 64).primary();
    table.string('state', 20).notNullable().comment('shown, collecting, done');
    table.string('created_by', 255).notNullable();
    table.string('created_at', 30).notNullable();
    table.string('deleted_before', 30).notNullable().comment('The retention');
    table.string('collected_by', 255);
    table.string('collected_at', 30);
    table.string('finished_at', 30);
    table.text('kept').notNullable().comment('JSON: what was kept, and why');
    table.string('next_reconcile_at', 30).comment('Null: nothing to do');
    table.string('ticket', 36).comment('Of the last lease');
    table.index(['next_reconcile_at'], 'garbage_collections_due_idx');
  });
  await knex.schema.createTable('garbage_items', table => {
    table.comment('One thing that was shown for deletion');
    table
      .string('collection_id', 64)
      .notNullable()
      .references('garbage_collections.id')
      .onDelete('CASCADE');
    table
      .string('kind', 20)
      .notNullable()
      .comment('run, logged-model, experiment, orphan');
    table.string('ref', 200).notNullable().comment('Its id, or its folder');
    table.text('name').notNullable();
    table.string('experiment_id', 20).notNullable();
    table.text('folder').comment('In the artifact store');
    table.bigInteger('files').notNullable();
    table.bigInteger('bytes').notNullable();
    table
      .string('state', 20)
      .notNullable()
      .comment('shown, rows-deleted, deleted, kept, failed');
    table.text('reason').comment('Why it was kept, or what failed');
    table.primary(['collection_id', 'kind', 'ref']);
    table.index(['collection_id', 'state'], 'garbage_items_state_idx');
  });

  // Everything below one folder is found by range. The first 200 characters hold every folder of a run or a model.
  const byBytes = knex.client.config.client === 'pg' ? ' COLLATE "C"' : '';
  await knex.raw(
    `CREATE INDEX artifacts_folder_idx ON artifacts ((substr(path, 1, 200)${byBytes}))`,
  );
  await knex.raw(
    `CREATE INDEX model_versions_location_idx ON model_versions ((substr(storage_location, 1, 200)${byBytes}))`,
  );
};

/** @param {import('knex').Knex} knex */
exports.down = async function down(knex) {
  await knex.raw('DROP INDEX model_versions_location_idx');
  await knex.raw('DROP INDEX artifacts_folder_idx');
  for (const name of [
    'garbage_items',
    'garbage_collections',
    'deleted_versions',
    'uploads',
  ]) {
    await knex.schema.dropTable(name);
  }
};
