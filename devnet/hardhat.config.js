// A node that Ballast's tests deploy to; it compiles nothing.
module.exports = {
  solidity: "0.8.28",
  networks: { hardhat: { chainId: 31337, hardfork: "cancun" } },
};
