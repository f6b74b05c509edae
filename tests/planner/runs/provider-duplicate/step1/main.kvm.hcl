provider "toy" {}
provider "toy" {
  world = "x"
}
