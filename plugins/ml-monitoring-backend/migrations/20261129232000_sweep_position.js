/** @param {import('knex').Knex} knex */
exports.up = async function up(knex) {
  await knex.schema.alterTable('sweeps', table => {
    table
      .text('position')
      .comment('JSON: where the round goes on; null where it begins');
  });
};

/** @param {import('knex').Knex} knex */
exports.down = async function down(knex) {
  await knex.schema.alterTable('sweeps', table => {
    table.dropColumn('position');
  });
};
