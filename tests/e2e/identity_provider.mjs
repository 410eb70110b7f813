// A certified OpenID Connect provider, with pages of its own where anybody signs in as anybody.
// node identity_provider.mjs FOLDER-WITH-PACKAGE PORT CLIENT-ID SECRET ORIGIN…
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";

const [folder, port, client_id, client_secret, ...origins] = process.argv.slice(2);
const found = createRequire(`${folder}/`).resolve("oidc-provider");
const { default: Provider } = await import(pathToFileURL(found));

const claims = (sub) => ({
  sub,
  name: "Alice Adams",
  preferred_username: sub,
  email: `${sub}@acme.example`,
  groups: ["staff", "portal"],
});

const provider = new Provider(`http://localhost:${port}`, {
  clients: [
    {
      client_id,
      client_secret,
      redirect_uris: origins.map((origin) => `${origin}/sign-in/callback/`),
      post_logout_redirect_uris: origins.map((origin) => `${origin}/sign-in/`),
    },
  ],
  claims: { openid: ["sub"], profile: ["name", "preferred_username", "groups"], email: ["email"] },
  findAccount: (_ctx, sub) => ({ accountId: sub, claims: () => claims(sub) }),
});

provider.listen(Number(port), () => console.log("ready"));
