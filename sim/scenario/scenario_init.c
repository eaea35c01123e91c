#include "sim/scenario/scenario_init.h"

#include "mta-under-test/base/mem.h"

#include "mta-under-test/base/poison.h"

static const char INIT_TEXT[] =
    "{\n"
    "  \"$schema\": \"%s\",\n"
    "  \"name\": \"A busy receiver takes the mail a little later\",\n"
    "  \"about\": \"The receiver answers 451 to the first attempt of each recipient. A right "
    "sender "
    "keeps the message and tries again (RFC 5321 4.5.4.1).\",\n"
    "  \"tags\": [\"retry\"],\n"
    "  \"references\": [\"RFC 5321 4.5.4.1\"],\n"
    "\n"
    "  \"hosts\": {\n"
    "    \"mx.bigmail.test\": {\n"
    "      \"rules\": [\n"
    "        {\n"
    "          \"name\": \"busy\",\n"
    "          \"at\": \"rcpt\",\n"
    "          \"when\": { \"attempt\": \"..1\" },\n"
    "          \"then\": { \"reply\": \"451 4.3.2 Busy, please try again later\" }\n"
    "        }\n"
    "      ]\n"
    "    }\n"
    "  },\n"
    "\n"
    "  \"messages\": [\n"
    "    { \"id\": \"welcome\", \"from\": \"news@sender.test\", \"to\": \"bob@bigmail.test\" }\n"
    "  ],\n"
    "\n"
    "  \"expect\": [\n"
    "    { \"message\": \"welcome\", \"is\": \"delivered\", \"within\": \"2h\", \"attempts\": 2 "
    "},\n"
    "    { \"host\": \"mx.bigmail.test\", \"rule\": \"busy\", \"fired\": 1 }\n"
    "  ]\n"
    "}\n";

static const char INIT_README[] =
    "# Your first scenario\n"
    "\n"
    "A scenario is one experiment: which hosts there are on the simulated internet, what mail the\n"
    "server under test is given, and what must come of it.\n"
    "\n"
    "* `hosts` names the receiving servers. From `mx.bigmail.test` follows that `bigmail.test` "
    "has\n"
    "  this host as its MX; addresses and zones are made, unless you give them under `dns`.\n"
    "* `rules` of a host are read from the top at each stage of the SMTP dialogue; the first one\n"
    "  whose `when` holds decides. `\"attempt\": \"..1\"` is the first attempt for a recipient.\n"
    "* `messages` are handed to the server under test by SMTP. `at` says when, `to` may be a list\n"
    "  or a sequence like `user{1..100}@bigmail.test`.\n"
    "* `expect` says what must hold. Whatever you write there, each run also checks that no "
    "message\n"
    "  is lost or delivered twice, that it goes only where the DNS says, and that the server "
    "keeps\n"
    "  to the protocol.\n"
    "\n"
    "Check it with `mailrange validate FILE`, read it in words with `mailrange explain FILE`, run "
    "it\n"
    "with `mailrange run FILE`. The whole language is described in `docs/scenario-language.md`;\n"
    "editors that know JSON Schema complete keys by themselves.\n";

char *scenario_init_text(const char *schema)
{
    static const char MARK[] = "%s";
    const char *mark = strstr(INIT_TEXT, MARK);
    if (mark == NULL)
        abort();
    return mem_text_format("%.*s%s%s", (int)(mark - INIT_TEXT), INIT_TEXT, schema,
                           mark + strlen(MARK));
}

const char *scenario_init_readme(void)
{
    return INIT_README;
}
