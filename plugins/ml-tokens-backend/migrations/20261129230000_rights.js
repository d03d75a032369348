// @ts-check

/**
 * What the catalog showed to the maker of the token: the catalog cannot be asked about a person later.
 *
 * @param {import('knex').Knex} knex
 */
exports.up = async function up(knex) {
  await knex.schema.alterTable('tokens', table => {
    table.text('rights').comment('Encoded; null for what reads everything');
  });
};

/** @param {import('knex').Knex} knex */
exports.down = async function down(knex) {
  await knex.schema.alterTable('tokens', table => {
    table.dropColumn('rights');
  });
};
