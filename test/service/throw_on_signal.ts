// Purpose: loaded before a server that is to meet something unexpected: at SIGUSR2 that is thrown.

process.on("SIGUSR2", () => {
  throw new TypeError("nobody was to catch this");
});
