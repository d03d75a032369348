// @ts-check

/**
 * What the submitter could read at submission: the policy cannot be asked about a person later.
 *
 * @param {import('knex').Knex} knex
 */
exports.up = async function up(knex) {
  await knex.schema.alterTable('jobs', table => {
    table
      .text('submitter_rights')
      .comment('Encoded; null for what reads everything');
  });
};

/** @param {import('knex').Knex} knex */
exports.down = async function down(knex) {
  await knex.schema.alterTable('jobs', table => {
    table.dropColumn('submitter_rights');
  });
};
