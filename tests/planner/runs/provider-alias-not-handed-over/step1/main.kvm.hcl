provider "toy" {
  alias = "east"
}
module "m" {
  source = "./m"
}
