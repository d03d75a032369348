// @ts-check

/**
 * Permissions that the policy gave the token's maker for some things only. With these the token reaches what its
 * groups own, because the policy cannot be asked about a token later.
 *
 * @param {import('knex').Knex} knex
 */
exports.up = async function up(knex) {
  await knex.schema.alterTable('tokens', table => {
    table
      .text('conditional')
      .comment('JSON: string[] of permissions; null for none');
  });
};

/** @param {import('knex').Knex} knex */
exports.down = async function down(knex) {
  await knex.schema.alterTable('tokens', table => {
    table.dropColumn('conditional');
  });
};
