/*
 * What `mailrange init` writes: a scenario to start from, and a page that explains it, since JSON
 * has no comments.
 */
#pragma once

/* A whole scenario that runs as it is. `schema` stands under "$schema". Release with free(). */
char *scenario_init_text(const char *schema) __attribute__((returns_nonnull));

/* The page beside it (Markdown). */
const char *scenario_init_readme(void);
