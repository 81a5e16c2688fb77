// From the origin, so that an address with a name and a password in it works too: fetch takes none of those.
const here = (place) => new URL(place, location.origin + location.pathname).href;
// Signed in by the screens' session, a change names its token; by a password or a token there is none, and none is needed.
const session = fetch(here("session")).then((answer) => (answer.ok ? answer.json() : null));
// No validatorUrl: the description of the API never leaves the house.
SwaggerUIBundle({
  url: here("openapi.json"),
  dom_id: "#swagger-ui",
  deepLinking: true,
  validatorUrl: null,
  requestInterceptor: async (request) => {
    const token = (await session)?.csrf;
    if (token) request.headers["X-CSRF-Token"] = token;
    return request;
  },
});
