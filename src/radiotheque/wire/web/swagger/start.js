// From the origin, so that an address with a name and a password in it works too: fetch takes none of those.
const url = new URL("openapi.json", location.origin + location.pathname).href;
// No validatorUrl: the description of the API never leaves the house.
SwaggerUIBundle({ url, dom_id: "#swagger-ui", deepLinking: true, validatorUrl: null });
