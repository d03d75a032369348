// @ts-check

/** @param {import('knex').Knex} knex */
exports.up = async function up(knex) {
  await knex.schema.alterTable('endpoints', table => {
    table
      .string('engine', 64)
      .notNullable()
      // Endpoints of before were all served by it.
      .defaultTo('gateway')
      .comment('Id of the serving engine that answers for it');
  });
};

/** @param {import('knex').Knex} knex */
exports.down = async function down(knex) {
  await knex.schema.alterTable('endpoints', table => {
    table.dropColumn('engine');
  });
};
