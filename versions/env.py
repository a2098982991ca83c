from apim_schema import environment

environment.run()
