// @ts-check

/** @param {import('knex').Knex} knex */
exports.up = async function up(knex) {
  await knex.schema.createTable('dataset_versions', table => {
    table.comment('Immutable versions of the datasets of the catalog');
    table
      .string('entity_ref')
      .notNullable()
      .comment('Lower-case entity ref, dataset:default/breast-masses');
    table
      .integer('version')
      .notNullable()
      .comment('1, 2, 3 … within the dataset, without gaps');
    table.string('ref').notNullable().comment('default/breast-masses@1');
    table
      .string('digest')
      .notNullable()
      .comment('sha256 over the names and contents of all files');
    table.string('format').notNullable().comment('csv or parquet');
    table
      .text('uri')
      .notNullable()
      .comment('Where it was read from, as declared');
    table
      .string('folder')
      .notNullable()
      .comment('Snapshot, below <dataDir>/datasets');
    table.bigInteger('rows').notNullable();
    table.bigInteger('bytes').notNullable();
    table.integer('columns').notNullable();
    table.text('files').notNullable().comment('JSON: path, size, sha256, rows');
    table.text('schema').notNullable().comment('JSON: name, type, unit …');
    table.text('profile').notNullable().comment('JSON: figures per column');
    table
      .text('source')
      .notNullable()
      .comment('JSON: path, size and mtime of the files it was copied from');
    table.text('message').comment('Why, in the words of who registered it');
    table.string('created_by').notNullable();
    table.string('created_at').notNullable().comment('ISO 8601, UTC');
    // Two registrations at once cannot both take a number: the later one takes the next.
    table.primary(['entity_ref', 'version']);
  });
};

/** @param {import('knex').Knex} knex */
exports.down = async function down(knex) {
  await knex.schema.dropTable('dataset_versions');
};
