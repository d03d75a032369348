// @ts-check

/** @param {import('knex').Knex} knex */
exports.up = async function up(knex) {
  await knex.schema.alterTable('monitors', table => {
    table
      .string('labels_since')
      .nullable()
      .comment('Labels that were received before do not make a window due');
  });
  await knex('monitors').update({ labels_since: knex.ref('closed_at') });
};

/** @param {import('knex').Knex} knex */
exports.down = async function down(knex) {
  await knex.schema.alterTable('monitors', table => {
    table.dropColumn('labels_since');
  });
};
