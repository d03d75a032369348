// @ts-check

/**
 * The owner of a data set that has versions: the owner at the first registration, until they hand it over. The
 * catalog's entity may name somebody else later, and takes nothing by it.
 *
 * @param {import('knex').Knex} knex
 */
exports.up = async function up(knex) {
  await knex.schema.createTable('dataset_owners', table => {
    table.comment('Owners of data sets with versions');
    table
      .string('entity_ref')
      .primary()
      .comment('Lower-case entity ref, dataset:default/breast-masses');
    table.string('owner').notNullable();
    table.string('set_by').notNullable();
    table.string('set_at').notNullable().comment('ISO 8601, UTC');
  });
};

/** @param {import('knex').Knex} knex */
exports.down = async function down(knex) {
  await knex.schema.dropTable('dataset_owners');
};
