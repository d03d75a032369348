// @ts-check

/** @param {import('knex').Knex} knex */
exports.up = async function up(knex) {
  await knex.schema.alterTable('jobs', table => {
    table
      .string('namespace')
      .comment('Of the model it trains; permission policies ask for it');
  });
  const name =
    String(knex.client.config.client) === 'pg'
      ? `split_part(substr(model, 7), '/', 1)`
      : `substr(model, 7, instr(model, '/') - 7)`;
  await knex.raw(
    `update jobs set namespace = ${name} where model like 'model:%/%'`,
  );
};

/** @param {import('knex').Knex} knex */
exports.down = async function down(knex) {
  await knex.schema.alterTable('jobs', table => {
    table.dropColumn('namespace');
  });
};
