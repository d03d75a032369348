// @ts-check

/** @param {import('knex').Knex} knex */
exports.up = async function up(knex) {
  await knex.schema.alterTable('endpoints', table => {
    table
      .text('access')
      .comment('JSON: the groups that may ask, and whether everybody should');
  });
};

/** @param {import('knex').Knex} knex */
exports.down = async function down(knex) {
  await knex.schema.alterTable('endpoints', table => {
    table.dropColumn('access');
  });
};
