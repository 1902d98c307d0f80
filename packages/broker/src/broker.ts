/**
 * The broker, put together:
 *
 *   host ─▶ log directory ─▶ metadata (store, image, controller) ─▶ partitions ─▶ groups ─▶ server ─▶ admin listener
 *
 * It starts from left to right and stops from right to left. Listeners are bound first, so that the addresses are known
 * when the broker registers; connections are served when everything else is there.
 */
