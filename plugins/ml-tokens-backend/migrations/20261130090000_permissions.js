// @ts-check

/**
 * The permissions that the policy was asked about when the token was made, and allowed. A token has no others. Tokens
 * from before this migration have no list: for them, their scopes alone decide.
 *
 * @param {import('knex').Knex} knex
 */
exports.up = async function up(knex) {
  await knex.schema.alterTable('tokens', table => {
    table
      .text('permissions')
      .comment('JSON: string[]; null for tokens made before these were kept');
  });
};

/** @param {import('knex').Knex} knex */
exports.down = async function down(knex) {
  await knex.schema.alterTable('tokens', table => {
    table.dropColumn('permissions');
  });
};
