// An OpenID Connect provider for tests: node server.mjs DIRECTORY PORT ROOT CLIENT SECRET.
//
// DIRECTORY has node_modules; ROOT is the portal's address. Everyone may log in, by any name, which
// is their claims' too. Each start has a new signing key. Prints a line when it listens.
import {createServer} from "node:http";
import {createRequire} from "node:module";
import {generateKeyPairSync, randomUUID} from "node:crypto";
import {pathToFileURL} from "node:url";

const [directory, port, root, client_id, client_secret] = process.argv.slice(2);
const entry = createRequire(`${directory}/x.js`).resolve("oidc-provider");
const {Provider} = await import(pathToFileURL(entry));
const {privateKey} = generateKeyPairSync("rsa", {modulusLength: 2048});
const page = (title, body) => `<!doctype html><html lang="en"><meta charset="utf-8">
<title>${title}</title><h1>${title}</h1>${body}</html>`;

const provider = new Provider(`http://127.0.0.1:${port}`, {
  clients: [{
    client_id, client_secret,
    redirect_uris: [`${root}/login/callback`],
    post_logout_redirect_uris: [`${root}/login?ended=1`],
    grant_types: ["authorization_code", "refresh_token"],
  }],
  jwks: {keys: [{...privateKey.export({format: "jwk"}), kid: randomUUID(), use: "sig"}]},
  cookies: {keys: [randomUUID()]},
  claims: {openid: ["sub"], profile: ["preferred_username"], email: ["email", "email_verified"]},
  findAccount: (_, id) => ({
    accountId: id,
    claims: () => ({
      sub: id, preferred_username: id, email: `${id}@example.org`, email_verified: true,
    }),
  }),
  issueRefreshToken: (_, client) => client.grantTypeAllowed("refresh_token"),
  // Everyone agrees to what the portal asks for.
  loadExistingGrant: async ({oidc}) => {
    const grant = new oidc.provider.Grant({clientId: client_id, accountId: oidc.session.accountId});
    grant.addOIDCScope("openid profile email");
    await grant.save();
    return grant;
  },
  pkce: {methods: ["S256"], required: () => true},
  interactions: {url: (_, {uid}) => `/interaction/${uid}`},
  features: {
    devInteractions: {enabled: false},
    rpInitiatedLogout: {
      logoutSource: (ctx, form) => {
        ctx.body = page("Sign out?", `${form}
<button form="op.logoutForm" name="logout" value="yes">Sign out</button>`);
      },
    },
  },
});

async function logIn(request, response) {
  const {uid} = await provider.interactionDetails(request, response);
  if (request.method === "GET") {
    response.setHeader("Content-Type", "text/html; charset=utf-8");
    response.end(page("Sign in", `<form method="post" action="/interaction/${uid}">
<label>User <input name="user" autofocus></label> <button>Sign in</button></form>`));
    return;
  }
  let sent = "";
  for await (const part of request) sent += part;
  const accountId = new URLSearchParams(sent).get("user");
  await provider.interactionFinished(request, response, {login: {accountId}});
}

const others = provider.callback();
createServer((request, response) => {
  if (!request.url.startsWith("/interaction/")) return others(request, response);
  return logIn(request, response).catch((error) => {
    response.statusCode = 400;
    response.end(String(error));
  });
}).listen(Number(port), "127.0.0.1", () => console.log("listening"));
