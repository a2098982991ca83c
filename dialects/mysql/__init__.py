"""MySQL 5.7 to 9.x and MariaDB 10.6 to 11.x: InnoDB tables, in any character set, with or without case in names.

No DDL statement can be rolled back, so every statement is one that the next run can go on from.
"""

FLAVOURS = ("mysql",)
DRIVERS = {"mysql": "mysql+pymysql", "mariadb": "mariadb+pymysql"}
PASSWORD_VARIABLES = ("MYSQL_PWD",)
EXAMPLE = "mysql://USER@HOST:3306/DATABASE"
ALIASES: tuple[str, ...] = ()
