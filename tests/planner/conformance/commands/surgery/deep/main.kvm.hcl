module "inner" {
  source = "../inner"
  value  = tolist(["a", "b"])
}

resource "terraform_data" "beside" {
  input = module.inner.id
}
